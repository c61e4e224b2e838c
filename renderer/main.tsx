import './styles/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { connect } from './actions/connect.ts';
import { followLive } from './actions/live.ts';
import { followTheme } from './actions/settings.ts';
import { App } from './app/App.tsx';
import { registerAll } from './commands/commands.ts';

followTheme();
registerAll();
followLive();
connect();

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
