import { Anchor, type AnchorProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { type AnchorHTMLAttributes, type Ref } from 'react';

type TextLinkProps = AnchorProps & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof AnchorProps>;

/** A link to another page of the dashboard. */
export const TextLink = createLink(({ ref, ...props }: TextLinkProps & { ref?: Ref<HTMLAnchorElement> }) => (
  <Anchor inherit {...props} ref={ref} />
));
