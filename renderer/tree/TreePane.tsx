import './tree.css';
import { Eye, EyeOff } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { showHidden } from '../actions/tree.ts';
import { Find } from '../jump/Find.tsx';
import { type OpenStack, useSession } from '../state/session.ts';
import { useSettings } from '../state/settings.ts';
import { ColumnsMenu } from './ColumnsMenu.tsx';
import { LayerNotices } from './LayerNotices.tsx';
import { Legend } from './Legend.tsx';
import { Progress } from './Progress.tsx';
import { layerProblems } from './problems.ts';
import { TreeGrid } from './TreeGrid.tsx';

/** The tree with what belongs to it: the bar, how the reading goes, what could not be read, the legend. */
export function TreePane({ stack }: { stack: OpenStack }) {
  const pane = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    const element = pane.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  return (
    <div className="tree-pane" ref={pane}>
      <Bar />
      <Find />
      <LayerNotices stack={stack} />
      <Legend stack={stack} width={width} />
      <TreeGrid stack={stack} width={width} />
      <EndNote stack={stack} />
    </div>
  );
}

function Bar() {
  const isHidden = useSettings((settings) => settings.hidden);
  const Icon = isHidden ? Eye : EyeOff;
  return (
    <div className="bar">
      <Progress />
      <span className="grow" />
      <button
        type="button"
        className={isHidden ? 'on' : ''}
        aria-pressed={isHidden}
        title="What whiteouts, opaque directories and files above hide, in its place (Ctrl H)"
        onClick={() => showHidden(!isHidden)}
      >
        <Icon className="i" aria-hidden="true" />
        Show hidden
      </button>
      <ColumnsMenu />
    </div>
  );
}

/** Said below the rows where there is nothing but the root. Nothing is claimed of layers that could not be read. */
function EndNote({ stack }: { stack: OpenStack }) {
  const state = useSession((session) => session.viewState);
  if (state?.phase !== 'ready' || state.objects > 1) return null;
  const problems = layerProblems(stack.facts.layers, state.layers).length;
  return (
    <p className="end-note">
      {problems === 0 && 'Nothing is in this stack: no layer has an entry below its root.'}
      {problems === stack.facts.layers.length && 'What is in this stack is unknown: none of its layers could be read.'}
      {problems > 0 && problems < stack.facts.layers.length && 'The layers that could be read have no entry here.'}
    </p>
  );
}
