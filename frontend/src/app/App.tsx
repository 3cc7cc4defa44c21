import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { RouterProvider } from 'react-router/dom';
import { ApiError } from '@/api/client';
import { colorSchemeManager, theme } from '@/ui/theme';
import { createRouter } from './router';

const MAX_RETRIES = 2;

/** Only what may pass by itself is tried again; a refusal is shown at once. */
function shouldRetry(failures: number, error: unknown): boolean {
  return failures < MAX_RETRIES && error instanceof ApiError && error.retryable;
}

export function App() {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: { retry: shouldRetry, staleTime: 5_000, refetchOnWindowFocus: true },
          mutations: { retry: false },
        },
      }),
  );
  const [router] = useState(createRouter);
  return (
    <MantineProvider theme={theme} defaultColorScheme="dark" colorSchemeManager={colorSchemeManager}>
      <QueryClientProvider client={client}>
        <Notifications position="bottom-center" limit={1} autoClose={5000} containerWidth={480} transitionDuration={120} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
