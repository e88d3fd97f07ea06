import '@fontsource-variable/atkinson-hyperlegible-next/wght.css';
import './tokens.css';
import './base.css';
import './pages.css';
import './wall.css';
import './room.css';
import './watch.css';
