'use strict';
// openapi.js: an OpenAPI 3.1 document of the daemon: is it one, and is a reply as it says.

const assert = require('node:assert');
const { need } = require('./modules');
const { plain } = require('./routes');

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'];

// The parts of OpenAPI 3.1 that matter here.
const structure = {
  type: 'object', required: ['openapi', 'info', 'paths', 'components'],
  properties: {
    openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
    info: { type: 'object', required: ['title', 'version'],
      properties: { title: { type: 'string', minLength: 1 }, version: { type: 'string', minLength: 1 } } },
    servers: { type: 'array', items: { type: 'object', required: ['url'] } },
    paths: { type: 'object', patternProperties: { '^/': { $ref: '#/$defs/item' } }, additionalProperties: false },
    components: { type: 'object', properties: {
      schemas: { type: 'object', propertyNames: { pattern: '^[\\w.-]+$' } },
      responses: { type: 'object', additionalProperties: { $ref: '#/$defs/response' } },
      parameters: { type: 'object', additionalProperties: { $ref: '#/$defs/parameter' } },
      securitySchemes: { type: 'object', additionalProperties: { type: 'object', required: ['type'] } } } },
  },
  $defs: {
    reference: { type: 'object', required: ['$ref'], properties: { $ref: { type: 'string', pattern: '^#/' } } },
    item: { type: 'object', properties: {
      ...Object.fromEntries(methods.map((m) => [m, { $ref: '#/$defs/operation' }])),
      parameters: { type: 'array', items: { $ref: '#/$defs/parameter' } }, summary: { type: 'string' }, description: { type: 'string' } },
    additionalProperties: false },
    operation: { type: 'object', required: ['operationId', 'responses'], properties: {
      operationId: { type: 'string', pattern: '^\\S+$' },
      parameters: { type: 'array', items: { $ref: '#/$defs/parameter' } },
      requestBody: { anyOf: [{ $ref: '#/$defs/reference' },
        { type: 'object', required: ['content'], properties: { content: { $ref: '#/$defs/content' }, required: { type: 'boolean' } } }] },
      responses: { type: 'object', minProperties: 1, propertyNames: { pattern: '^([1-5]\\d\\d|default)$' },
        additionalProperties: { $ref: '#/$defs/response' } },
      security: { type: 'array', items: { type: 'object', additionalProperties: { type: 'array' } } } } },
    parameter: { anyOf: [{ $ref: '#/$defs/reference' }, { type: 'object', required: ['name', 'in', 'schema'], properties: {
      name: { type: 'string' }, in: { enum: ['query', 'path', 'header', 'cookie'] }, schema: { type: ['object', 'boolean'] } },
    if: { properties: { in: { const: 'path' } } }, then: { required: ['required'], properties: { required: { const: true } } } }] },
    response: { anyOf: [{ $ref: '#/$defs/reference' }, { type: 'object', required: ['description'], properties: {
      description: { type: 'string' }, content: { $ref: '#/$defs/content' } } }] },
    content: { type: 'object', propertyNames: { pattern: '^[\\w.+*-]+/[\\w.+*-]+$' },
      additionalProperties: { type: 'object', properties: { schema: { type: ['object', 'boolean'] } } } },
  },
};

// A pointer's part of a document, or undefined.
function point(document, pointer) {
  return pointer.replace(/^#/, '').split('/').slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((at, part) => (at === undefined || at === null ? undefined : at[part]), document);
}

const escape = (part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

// Calls visit(value, key) for all that is in a document.
function walk(value, visit, key = '') {
  visit(value, key);
  if (value !== null && typeof value === 'object') Object.entries(value).forEach(([k, v]) => walk(v, visit, k));
}

class OpenApi {
  constructor(document) {
    const Ajv = need('ajv/dist/2020').default;
    this.document = document;
    this.ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
    need('ajv-formats').default(this.ajv);
    this.ajv.addSchema(document, 'openapi');
    this.validators = new Map();
    this.operations = new Map(); // "GET /v1/conversations/{}" -> { at, operation }
    for (const [at, item] of Object.entries(document.paths)) {
      for (const method of methods.filter((m) => item[m])) {
        this.operations.set(`${method.toUpperCase()} ${plain(at)}`, { at, method, operation: item[method] });
      }
    }
  }

  // Everything that keeps it from being an OpenAPI 3.1 document.
  faults() {
    const Ajv = need('ajv/dist/2020').default;
    const ajv = new Ajv({ strict: false, allErrors: true });
    const valid = ajv.compile(structure);
    const found = valid(this.document) ? [] : valid.errors.map((e) => `${e.instancePath} ${e.message}`);
    const ids = new Set();
    for (const [name, { at, operation }] of this.operations) {
      if (ids.has(operation.operationId)) found.push(`${name}: the operationId ${operation.operationId} is there twice`);
      ids.add(operation.operationId);
      found.push(...this.unnamed(name, at, operation));
      for (const scheme of (operation.security || []).flatMap(Object.keys)) {
        if (!point(this.document, `#/components/securitySchemes/${scheme}`)) found.push(`${name}: no security scheme ${scheme}`);
      }
    }
    walk(this.document, (value, key) => {
      if (key === '$ref' && typeof value === 'string' && point(this.document, value) === undefined) found.push(`${value} leads nowhere`);
      if (key === 'schema' && !ajv.validateSchema(value)) found.push(`not a schema: ${JSON.stringify(value).slice(0, 200)}`);
    });
    for (const [name, schema] of Object.entries(this.document.components.schemas || {})) {
      if (!ajv.validateSchema(schema)) found.push(`components/schemas/${name}: ${ajv.errorsText()}`);
    }
    return [...new Set(found)];
  }

  // Parameters of the path that are not described, or described and not in it.
  unnamed(name, at, operation) {
    const all = [...(this.document.paths[at].parameters || []), ...(operation.parameters || [])].map((p) => this.resolve(p));
    const said = all.filter((p) => p && p.in === 'path').map((p) => p.name).sort();
    const wanted = [...at.matchAll(/\{([^}]*)\}/g)].map((m) => m[1]).sort();
    return JSON.stringify(said) === JSON.stringify(wanted) ? [] : [`${name}: path parameters ${said}, not ${wanted}`];
  }

  resolve(value) {
    return value && value.$ref ? this.resolve(point(this.document, value.$ref)) : value;
  }

  // Fails unless the operation knows this status, and the reply is as it is described there.
  check(listed, what, { status, headers, body, text }) {
    const { at, method, operation } = this.operations.get(listed);
    const response = operation.responses[status];
    assert.ok(response, `${what}: the status ${status} is not documented; ${text.slice(0, 300)}`);
    const { content } = this.resolve(response);
    const [type] = (headers['content-type'] || '').split(';');
    if (!content) return void assert.strictEqual(text, '', `${what}: a body where ${status} has none`);
    const range = content[type] ? type : '*/*';
    assert.ok(content[range], `${what}: ${status} as ${type}, not as ${Object.keys(content)}`);
    if (!content[range].schema || !/json$/.test(type)) return;
    const owner = response.$ref || `#/paths/${escape(at)}/${method}/responses/${status}`;
    const valid = this.validator(`openapi${owner}/content/${escape(range)}/schema`);
    assert.ok(valid(body), `${what}: ${status} ${this.ajv.errorsText(valid.errors)}\n${text.slice(0, 1500)}`);
  }

  validator(reference) {
    if (!this.validators.has(reference)) this.validators.set(reference, this.ajv.compile({ $ref: reference }));
    return this.validators.get(reference);
  }
}

module.exports = { OpenApi, point };
