import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@fontsource-variable/inter';
import '@/ui/tokens.css';
import '@/ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { setOwnEntry } from '@/api/upgrade';
import { App } from '@/app/App';
import { startI18n } from '@/i18n';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root element');

setOwnEntry(new URL(import.meta.url).pathname);
await startI18n();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
