import { oneLine } from '@heddle/contracts';

/** Parts of a chart as text; numbers are pixels. Colours do on light and dark grounds alike, on white as drawn. */
type Attributes = Record<string, string | number>;

export function element(name: string, attributes: Attributes, content = ''): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(shown(value))}"`);
  return content === '' ? `<${name}${given.join('')}/>` : `<${name}${given.join('')}>${content}</${name}>`;
}

export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(content));
}

/** A name that a line of a chart has room for. */
export function shortName(name: string): string {
  const characters = [...name];
  return characters.length > NAME_CHARS ? `${characters.slice(0, NAME_CHARS - 1).join('')}…` : name;
}
const NAME_CHARS = 40;

export function chart(width: number, height: number, title: string, parts: string[]): string {
  const background = element('rect', { width, height, fill: '#ffffff' });
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const style = { 'font-family': 'sans-serif', 'font-size': 12, fill: '#222222' };
  const content = [element('title', {}, escaped(title)), background, ...parts].join('\n');
  return `${element('svg', { xmlns: 'http://www.w3.org/2000/svg', role: 'img', ...size, ...style }, `\n${content}\n`)}\n`;
}

const shown = (value: string | number): string =>
  typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;

/** For XML: markup escaped, and what XML has no place for. */
function escaped(content: string): string {
  return oneLine(content)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
