import { createTheme, Modal } from '@mantine/core';

/** Colours and sizes are those of the static style sheets: the policy of the page allows no style elements. */
export const theme = createTheme({
  respectReducedMotion: true,
  components: {
    Modal: Modal.extend({
      // Locking the page's scrolling would write a style element.
      defaultProps: { lockScroll: false, centered: true, closeButtonProps: { 'aria-label': 'Close' } },
    }),
  },
});
