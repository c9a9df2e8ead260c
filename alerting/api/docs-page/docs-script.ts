/**
 * The script of `/docs`: shows `/openapi.json`. It runs in the browser and is kept as text, so that neither a
 * bundler nor the browser's types are needed here. Everything is put in as text, never as HTML.
 */
export const DOCS_SCRIPT = `'use strict';
const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};

const section = (parts, children) => {
  const details = element('details');
  const summary = element('summary');
  summary.append(...parts);
  const body = element('div');
  body.append(...children);
  details.append(summary, body);
  return details;
};

const table = (heads, rows) => {
  const made = element('table');
  const head = element('tr');
  head.append(...heads.map((text) => element('th', text)));
  made.append(head);
  for (const cells of rows) {
    const row = element('tr');
    row.append(...cells.map((text) => element('td', text)));
    made.append(row);
  }
  return made;
};

const kind = (schema = {}) => {
  if (schema.$ref) return schema.$ref.split('/').pop();
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const some = schema.anyOf || schema.oneOf || schema.allOf;
  if (some) return some.map(kind).join(' | ');
  if (schema.type === 'array') return kind(schema.items) + '[]';
  const types = [schema.type || 'anything'].flat().join(' | ');
  const bounds = [];
  if (schema.minimum !== undefined) bounds.push('from ' + schema.minimum);
  if (schema.maximum !== undefined) bounds.push('to ' + schema.maximum);
  if (schema.pattern) bounds.push('like ' + schema.pattern);
  if (schema.maxLength) bounds.push('at most ' + schema.maxLength + ' characters');
  return [types, ...bounds].join(', ');
};

const fields = (schema) =>
  table(
    ['Field', 'Type', ''],
    Object.entries(schema.properties || {}).map(([name, one]) => [
      name,
      kind(one),
      [
        (schema.required || []).includes(name) ? 'required' : '',
        one.default === undefined ? '' : 'default ' + JSON.stringify(one.default),
      ].filter(Boolean).join(', '),
    ]),
  );

const operation = (path, method, one) => {
  const parts = [element('span', method.toUpperCase(), 'method'), element('code', path), ' ', element('span', one.summary || '', 'muted')];
  const children = [];
  if (one.parameters) {
    children.push(element('h3', 'Parameters'));
    children.push(table(['Name', 'In', 'Type', 'Default'], one.parameters.map((parameter) => [
      parameter.name + (parameter.required ? ' (required)' : ''),
      parameter.in,
      kind(parameter.schema),
      parameter.schema && parameter.schema.default !== undefined ? String(parameter.schema.default) : '',
    ])));
  }
  const body = one.requestBody && one.requestBody.content['application/json'].schema;
  if (body) children.push(element('h3', 'Body'), body.properties ? fields(body) : element('pre', kind(body)));
  children.push(element('h3', 'Answers'));
  children.push(table(['Status', 'Meaning', 'Shape'], Object.entries(one.responses).map(([status, answer]) => [
    status,
    answer.description,
    Object.values(answer.content || {}).map((content) => kind(content.schema)).join(', '),
  ])));
  return section(parts, children);
};

const show = (description) => {
  document.getElementById('about').textContent = description.info.description;
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => operation(path, method, one)));
  document.getElementById('operations').append(...operations);
  const shapes = Object.entries(description.components.schemas).map(([name, schema]) =>
    section([element('code', name)], [fields(schema)]));
  document.getElementById('shapes').append(...shapes);
};

fetch('/openapi.json')
  .then((response) => (response.ok ? response.json() : Promise.reject(new Error('HTTP ' + response.status))))
  .then(show)
  .catch((error) => {
    document.getElementById('about').textContent = 'The description could not be read: ' + error.message;
  });
`;
