import { render } from 'preact';
import { App } from './app.tsx';
import './styles/ground.css';
import './styles/frame.css';
import './styles/panels.css';
import './styles/lists.css';
import './styles/rows.css';
import './styles/states.css';
import './styles/tables.css';
import './styles/models.css';
import './styles/narrow.css';

const place = document.getElementById('page');
if (place) render(<App />, place);
