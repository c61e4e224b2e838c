/**
 * The packages: a deb and a zip for Linux. `npm run make` (scripts/make.ts) stages what goes in and then calls Forge.
 *
 *   resources/app.asar    the shell: main, preload, page
 *   resources/node        the pinned Node, which runs engine, probe and terminal program
 *   resources/engine/     those programs, with the native modules that they load
 *   resources/bin/        `stratoscope` for a terminal
 *   resources/share/      manual page, polkit's action
 *   stratoscope-probe     the one program that polkit lets a user start as root
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FuseV1Config, FuseV1Options, FuseVersion } from '@electron/fuses';
import { MakerDeb } from '@electron-forge/maker-deb';
import { MakerZIP } from '@electron-forge/maker-zip';
import { FusesPlugin } from '@electron-forge/plugin-fuses';
import type { ForgeConfig } from '@electron-forge/shared-types';

const parts = join(import.meta.dirname, 'scripts', 'package');
const staged = join(import.meta.dirname, 'out', 'staged');

/** What of the checkout is the app itself; all else stays out of app.asar. */
const APP = ['/package.json', '/dist', '/dist/main.cjs', '/dist/preload.cjs', '/dist/page'];

/** Electron's switches, burnt into the binary: it is a window, and nothing that could be used as something else. */
export const FUSES = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
} satisfies FuseV1Config;

const config: ForgeConfig = {
  packagerConfig: {
    name: 'stratoscope',
    executableName: 'stratoscope',
    asar: true,
    prune: false,
    ignore: (path) => path !== '' && !APP.includes(path) && !path.startsWith('/dist/page/'),
    extraResource: ['node', 'engine', 'bin', 'share'].map((name) => join(staged, name)),
  },
  hooks: {
    postPackage: async (_config, { outputPaths }) => {
      for (const path of outputPaths) {
        await copyFile(join(staged, 'stratoscope-probe'), join(path, 'stratoscope-probe'));
      }
    },
  },
  plugins: [new FusesPlugin(FUSES)],
  makers: [
    new MakerZIP({}, ['linux']),
    new MakerDeb({
      options: {
        name: 'stratoscope',
        productName: 'Stratoscope',
        genericName: 'Union filesystem inspector',
        productDescription:
          'Opens a live overlay mount, a container or a plain stack of directories, and shows every entry with the ' +
          'layers that it stands in, where it really lives, and which inode number the world sees and why.',
        maintainer: 'The Stratoscope authors',
        section: 'admin',
        categories: ['System', 'Development'],
        recommends: ['pkexec | policykit-1'],
        // What `stratoscope` is at a terminal. The menu starts the same with `open`.
        bin: 'resources/bin/stratoscope',
        desktopTemplate: join(parts, 'stratoscope.desktop.ejs'),
        icon: { scalable: join(parts, 'stratoscope.svg') } as unknown as string,
        scripts: { postinst: join(parts, 'postinst'), prerm: join(parts, 'prerm') },
      },
    }),
  ],
};

export default config;
