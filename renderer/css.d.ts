/** Styles are imported for their effect; the build gathers them into files of their own. */
declare module '*.css';
