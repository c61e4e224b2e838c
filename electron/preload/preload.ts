/**
 * The bridge into the page, run in its sandbox. It exposes one function per call of the shell and hands the pump's
 * port over; the page gets no way to name a channel.
 */
import { contextBridge, ipcRenderer } from 'electron';
import { type Bridge, PORT_MESSAGE, PORT_REQUEST, PUMP_CHANNEL, SHELL_CHANNELS } from '../../shared/ipc/bridge.ts';

const bridge: Bridge = {
  pickDirectory: (title) => ipcRenderer.invoke(SHELL_CHANNELS.pickDirectory, title),
  copyText: (text) => ipcRenderer.invoke(SHELL_CHANNELS.copyText, text),
};
contextBridge.exposeInMainWorld('stratoscope', bridge);

ipcRenderer.on(PUMP_CHANNEL, (event) => {
  // To the page's own origin only: a port is the whole engine.
  window.postMessage(PORT_MESSAGE, window.location.origin, event.ports);
});
window.addEventListener('message', (event) => {
  if (event.source === window && event.data === PORT_REQUEST) ipcRenderer.send(PUMP_CHANNEL);
});
