import 'webrtc-adapter';
import { render } from 'preact';
import './ui/styles';
import { App } from './pages/app';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no #app');
render(<App />, root);
