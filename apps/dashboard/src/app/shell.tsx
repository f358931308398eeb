import { Burger, Group, NavLink, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { mayAny } from '../api/scopes.js';
import { useSession } from '../api/use-session.js';
import { Nothing } from '../shared/loaded.js';
import { AccountMenu } from './account-menu.js';
import { Icon } from './icons.js';
import { DESTINATIONS, destinationOf } from './navigation.js';
import styles from './shell.module.css';

/** Header, navigation and the page. Below 48 em the navigation opens over the page. */
export function Shell() {
  const { pathname } = useLocation();
  const { scopes } = useSession().key;
  const [opened, { toggle, close }] = useDisclosure(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever has arrived somewhere is done with the navigation
  useEffect(close, [pathname]);
  const destination = destinationOf(pathname);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#page">
        Skip to the page
      </a>
      <header className={styles.header}>
        <Group gap="xs" wrap="nowrap">
          <Burger
            className={styles.burger}
            opened={opened}
            onClick={toggle}
            size="sm"
            aria-label="Navigation"
            aria-expanded={opened}
            aria-controls="navigation"
          />
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width={28} height={28} />
          <Text fw={700} size="lg">
            Heddle
          </Text>
        </Group>
        <AccountMenu />
      </header>
      <nav id="navigation" className={styles.nav} data-opened={opened || undefined} aria-label="Pages">
        <Navigation active={destination?.to} />
      </nav>
      <main id="page" className={styles.page} tabIndex={-1}>
        {destination === undefined || mayAny(scopes, destination.scopes) ? (
          <Outlet />
        ) : (
          <Nothing title={`${destination.label} are not for this key`}>
            It would need the scope {destination.scopes.join(' or ')}, and has {scopes.join(', ')}.
          </Nothing>
        )}
      </main>
    </div>
  );
}

function Navigation({ active }: { active: string | undefined }) {
  const { scopes } = useSession().key;
  return DESTINATIONS.map(({ group, destinations }) => {
    const allowed = destinations.filter((destination) => mayAny(scopes, destination.scopes));
    if (allowed.length === 0) return null;
    return (
      <div key={group} className={styles.group}>
        <Text className={styles.name}>{group}</Text>
        {allowed.map(({ to, label, icon }) => (
          <NavLink
            key={to}
            className={styles.link}
            label={label}
            leftSection={<Icon name={icon} />}
            active={to === active}
            aria-current={to === active ? 'page' : undefined}
            renderRoot={(props) => <Link {...props} to={to} />}
          />
        ))}
      </div>
    );
  });
}
