import { Component, type ReactNode } from 'react';
import { failureOf } from '../../shared/ipc/rpc.ts';
import { Failed } from './Failed.tsx';

/** An answer that this page cannot draw fails in its own pane, not in the whole window. A new `of` tries again. */
export class Boundary extends Component<{ of: unknown; children: ReactNode }, { error: unknown; of: unknown }> {
  override state: { error: unknown; of: unknown } = { error: null, of: this.props.of };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  static getDerivedStateFromProps(props: { of: unknown }, state: { error: unknown; of: unknown }) {
    return props.of === state.of ? null : { error: null, of: props.of };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return <Failed failure={failureOf(error)} retry={() => this.setState({ error: null })} />;
  }
}
