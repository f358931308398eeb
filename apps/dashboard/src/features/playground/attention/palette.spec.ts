import { expect, it } from 'vitest';
import { colorOf, endsOf, paint } from './palette.js';

const luminance = (color: readonly number[]) => color[0]! * 0.3 + color[1]! * 0.6 + color[2]! * 0.1;

it('scores are about 0, blue below and red above, on one scale', () => {
  const range = { min: -1, max: 4 };
  expect(endsOf(range)).toEqual({ min: -4, max: 4 });
  const [red, , blue] = colorOf(-2, range, 'light');
  expect(red).toBeLessThan(blue);
  const above = colorOf(2, range, 'light');
  expect(above[0]).toBeGreaterThan(above[2]);
  expect(Math.min(...colorOf(0, range, 'light'))).toBeGreaterThan(240);
});

it('nothing is the colour of the page, and more stands out more', () => {
  const range = { min: 0, max: 0.5 };
  const light = [0, 0.1, 0.2, 0.3, 0.5].map((value) => luminance(colorOf(value, range, 'light')));
  expect(light).toEqual([...light].sort((a, b) => b - a));
  const dark = [0, 0.1, 0.2, 0.3, 0.5].map((value) => luminance(colorOf(value, range, 'dark')));
  expect(dark).toEqual([...dark].sort((a, b) => a - b));
  expect(light[0]).toBeGreaterThan(240);
  expect(dark[0]).toBeLessThan(45);
});

it('numbers beyond the range have the colours of its ends, and of one number alone there is a colour', () => {
  expect(colorOf(9, { min: 0, max: 1 }, 'light')).toEqual(colorOf(1, { min: 0, max: 1 }, 'light'));
  expect(colorOf(0, { min: 0, max: 0 }, 'light')).toEqual([247, 248, 252]);
});

it('paints a pixel for each number', () => {
  const range = { min: 0, max: 1 };
  const pixels = new Uint8ClampedArray(8);
  paint(pixels, Float32Array.of(0, 1), range, 'dark');
  expect([...pixels]).toEqual([...colorOf(0, range, 'dark'), 255, ...colorOf(1, range, 'dark'), 255]);
});
