import { Anchor, type AnchorProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { type AnchorHTMLAttributes, type Ref } from 'react';

type TextLinkProps = AnchorProps & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof AnchorProps>;

/** A link to another page of the dashboard, in letters like those around it. */
export const TextLink = createLink(({ ref, ...props }: TextLinkProps & { ref?: Ref<HTMLAnchorElement> }) => (
  <Anchor inherit {...props} ref={ref} />
));
