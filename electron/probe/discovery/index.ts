export { listOverlays } from './overlays.ts';
