import { failureOf } from '../../shared/ipc/rpc.ts';
import { addNotice, type EngineClient, useSession } from '../state/session.ts';
import { DEFAULTS, type Settings, settingsOf, THEMES, type Theme, useSettings } from '../state/settings.ts';

/** Kept beside the engine's own store, so that the first paint already has the right ground. */
const THEME_KEY = 'stratoscope.theme';

/** Reads what the engine has stored. What this page has not been told yet stays as it is by default. */
export async function loadSettings(client: EngineClient): Promise<Record<string, unknown>> {
  const stored = await client.call('settings', {});
  const { theme } = useSettings.getState();
  useSettings.setState({ ...settingsOf(stored), ...(stored.theme === undefined ? { theme } : {}) });
  return stored;
}

/** Stores one value with the engine. A setting that cannot be stored is said once, and holds until the page ends. */
export function store(key: string, value: unknown): void {
  const { client } = useSession.getState();
  client?.call('setSetting', { key, value }).catch((error: unknown) => {
    if (useSession.getState().link !== 'up') return;
    const { code, message, hint } = failureOf(error);
    const next = hint === undefined || code === 'internal' ? '' : ` To mend it: ${hint}.`;
    addNotice(`Settings can’t be stored, and last until the app is closed: ${message}.${next}`, 'warning');
  });
}

/** Changes a setting, here and in the engine's store. */
export function setSetting<K extends keyof Settings>(key: K, value: Settings[K]): void {
  useSettings.setState({ [key]: value } as Pick<Settings, K>);
  store(key, value);
}

const darkSystem = window.matchMedia('(prefers-color-scheme: dark)');
const moreContrast = window.matchMedia('(prefers-contrast: more)');

/** The theme that is painted for a choice: `system` follows the system's contrast first, then its scheme. */
function paintedTheme(theme: Theme): Exclude<Theme, 'system'> {
  if (theme !== 'system') return theme;
  if (moreContrast.matches) return 'contrast';
  return darkSystem.matches ? 'dark' : 'light';
}

/** Keeps `data-theme` on the root element true to the setting and the system. */
export function followTheme(): void {
  const paint = (): void => {
    const { theme } = useSettings.getState();
    document.documentElement.dataset.theme = paintedTheme(theme);
    window.localStorage.setItem(THEME_KEY, theme);
  };
  const kept = window.localStorage.getItem(THEME_KEY);
  useSettings.setState({ theme: THEMES.find((one) => one === kept) ?? DEFAULTS.theme });
  paint();
  useSettings.subscribe((now, before) => {
    if (now.theme !== before.theme) paint();
  });
  for (const query of [darkSystem, moreContrast]) query.addEventListener('change', paint);
}
