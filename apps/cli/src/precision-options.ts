import { IMPORT_PRECISIONS, type ImportPrecision } from '@heddle/contracts';
import { type Command, Option } from 'commander';
import { quoted } from './command-name.js';

export interface PrecisionOptions {
  precision: ImportPrecision;
  calibration?: string | undefined;
}

/** What both imports say of precision. */
export function precisionOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--precision <precision>', 'what the version is served in')
        .choices(IMPORT_PRECISIONS)
        .default('fp32'),
    )
    .option(
      '--calibration <file>',
      'own texts that fp16 or int8 must answer like fp32: JSON, one text a line',
    );
}

/** Why the options do not go together; null when they do. */
export function refuseCalibration({ precision, calibration }: PrecisionOptions): string | null {
  return calibration !== undefined && precision === 'fp32'
    ? '--calibration is for --precision fp16 or int8: fp32 is compared with nothing'
    : null;
}

/** The options as they are typed, with a blank before each; nothing for what needs none. */
export function precisionArguments({ precision, calibration }: PrecisionOptions): string {
  if (precision === 'fp32') return '';
  return ` --precision ${precision}${calibration === undefined ? '' : ` --calibration ${quoted(calibration)}`}`;
}
