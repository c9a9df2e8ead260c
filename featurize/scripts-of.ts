import type { Platform } from '../contracts/event.ts';
import { boundedCache } from './bounded-cache.ts';
import { imageClassOf } from './image-class.ts';
import { cutText } from './text-features.ts';

const remembered = {
  windows: boundedCache<readonly string[]>(8192),
  linux: boundedCache<readonly string[]>(8192),
};

const ENCODED = /\s[-/]e(?:c|nc?|nco|ncod|ncode|ncoded|ncodedcommand)?[\s:]+["']?([A-Za-z0-9+/]{8,}={0,2})/i;
const INLINE = /\s(?:-c|-e|-r|-command|-lc|\/c|\/k|--eval|-ic)\s+(.+)$/is;
const SCRIPT_PATH =
  /(?:^|[\s"'=])((?:[a-z]:|\\\\|[~./\w])[^"'\s|<>;]*\.(?:ps1|psm1|bat|cmd|vbs|vbe|jse?|wsf|hta|sh|py|pl|rb|php|sct|lua))(?=["'\s,]|$)/i;

/**
 * The scripts that a command line runs, as recipes of `entityOf`: decoded arguments, inline code, script files.
 * Only shells and interpreters are asked; whoever merely mentions a script runs none.
 */
export function scriptsOf(platform: Platform, image: string, commandLine: string): readonly string[] {
  const kind = imageClassOf(platform, image);
  if ((kind !== 0 && kind !== 1) || commandLine === '') return [];
  return remembered[platform].get(commandLine, readScripts);
}

function readScripts(commandLine: string): readonly string[] {
  const encoded = ENCODED.exec(commandLine)?.[1];
  if (encoded !== undefined) return [`decoded:${cutText(decode(encoded))}`];
  const inline = INLINE.exec(commandLine)?.[1];
  if (inline !== undefined) return [`inline:${unquote(cutText(inline))}`];
  const path = SCRIPT_PATH.exec(commandLine)?.[1];
  return path === undefined ? [] : [`path:${path.slice(0, 512)}`];
}

// PowerShell's -EncodedCommand is base64 of UTF-16LE; other interpreters hand over plain bytes
function decode(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  let zeros = 0;
  for (let i = 1; i < bytes.length; i += 2) if (bytes[i] === 0) zeros++;
  return bytes.toString(zeros * 4 > bytes.length ? 'utf16le' : 'utf8');
}

function unquote(text: string): string {
  const quoted = /^(["'])(.*)\1$/s.exec(text.trim());
  return quoted?.[2] ?? text.trim();
}
