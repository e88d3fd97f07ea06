/** `/in#TOKEN`: a link that works once. The token stays in the fragment, so that no log ever has it. */

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { PressButton } from '../ui/basics';
import { http, Refusal } from '../wire/http';
import { me } from './me';
import { path } from './router';
import { ourFault, Site } from './site';

const NO_TOKEN = 'This link is not complete. Copy the whole link from the message.';

/** Taken out of the address at once: it must not stay in the history. */
function takeToken(): string {
  const token = location.hash.slice(1);
  history.replaceState(null, '', '/in');
  return token;
}

export function SignInPage() {
  const trouble = useSignal('');
  const token = useSignal('');
  /** Trying the same link again can help only where it was not the link. */
  const passing = useSignal(false);
  const signIn = async () => {
    trouble.value = '';
    if (token.value === '') {
      trouble.value = NO_TOKEN;
      return;
    }
    try {
      me.value = await http.signIn(token.value);
      history.replaceState(null, '', '/');
      path.value = '/';
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      passing.value = error.passing;
      trouble.value = error.passing ? ourFault() : error.text;
    }
  };
  // The link is used once, when the page opens.
  useEffect(() => {
    token.value = takeToken();
    void signIn();
  }, []);
  return (
    <Site title="Sign in">
      <h1>Sign in</h1>
      {trouble.value === '' ? (
        <p role="status">Signing you in…</p>
      ) : (
        <>
          <p role="alert">{trouble.value}</p>
          {passing.value && (
            <PressButton look="primary" onPress={() => void signIn()}>
              Try again
            </PressButton>
          )}
        </>
      )}
    </Site>
  );
}
