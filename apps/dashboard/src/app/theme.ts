import { type CSSVariablesResolver, createTheme, Modal } from '@mantine/core';

const FONT = "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

export const theme = createTheme({
  fontFamily: FONT,
  primaryColor: 'indigo',
  // White letters read well on it.
  primaryShade: { light: 7, dark: 7 },
  black: '#1b1f27',
  respectReducedMotion: true,
  headings: { fontFamily: FONT, fontWeight: '650', textWrap: 'pretty' },
  colors: {
    // Bluish greys, from text to the darkest ground.
    dark: [
      '#d7dbe4',
      '#b8becb',
      '#99a1b2',
      '#71798c',
      '#3b4252',
      '#2d3341',
      '#232834',
      '#1a1e27',
      '#13161d',
      '#0d0f14',
    ],
  },
  components: {
    Modal: Modal.extend({
      // Locking the page's scrolling would write a style element without the nonce of the page.
      defaultProps: { lockScroll: false, centered: true, closeButtonProps: { 'aria-label': 'Close' } },
      styles: { title: { fontWeight: 600 } },
    }),
  },
});

/** Grounds on which white letters read well, in both schemes. */
const FILLED = {
  '--mantine-color-red-filled': '#c92a2a',
  '--mantine-color-red-filled-hover': '#b02525',
  '--mantine-color-orange-filled': '#b8430a',
  '--mantine-color-orange-filled-hover': '#a03a08',
  '--mantine-color-green-filled': '#237032',
  '--mantine-color-green-filled-hover': '#1d5e2a',
};

/** What is said in passing has to be read as well: 4.5 to 1 on every ground of the dashboard. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...FILLED,
    '--mantine-color-dimmed': '#5a6272',
    '--mantine-color-placeholder': '#697080',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    '--mantine-color-red-text': 'var(--mantine-color-red-9)',
    '--mantine-color-default-border': 'var(--mantine-color-gray-3)',
    // Letters on a light ground of the same colour.
    '--mantine-color-green-light-color': '#1f6b2e',
    '--mantine-color-teal-light-color': '#066a4b',
    '--mantine-color-cyan-light-color': '#0b5a6b',
    '--mantine-color-lime-light-color': '#3f6b08',
    '--mantine-color-yellow-light-color': '#7a4a00',
    '--mantine-color-orange-light-color': '#a3360a',
  },
  dark: {
    ...FILLED,
    '--mantine-color-dimmed': 'var(--mantine-color-dark-2)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-2)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
  },
});

/** Of this page, for the style sheets that Mantine writes. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';
}
