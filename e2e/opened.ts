/** The test overlay, shown by the app in one of its forms, and ended with it. */
import { expect, type Page } from '@playwright/test';
import { type Form, type OpenApp, openApp } from './forms.ts';
import { makeOverlay, type TestOverlay } from './overlay.ts';
import { row } from './page.ts';

export type Opened = { overlay: TestOverlay; app: OpenApp; page: Page; close(): Promise<void> };

/** Makes the overlay, opens it and waits for its rows. */
export async function openOverlay(form: Form): Promise<Opened> {
  const overlay = makeOverlay();
  let app: OpenApp | undefined;
  const close = async (): Promise<void> => {
    await app?.close();
    overlay.remove();
  };
  try {
    app = await openApp(form, { mount: overlay.mount });
    await expect(row(app.page, /^etc/)).toBeVisible();
    return { overlay, app, page: app.page, close };
  } catch (error) {
    await close();
    throw error;
  }
}
