'use strict';
// compare.js: comparing a call with a golden one. Both are rewritten to a common form, in
// which every id is named after its kind and the order of its first appearance: then equal
// texts mean equal keys, key order, types, values and relations between ids.

const ids = /(CON|NAM|USR|MEM)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(vapi-user)-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b/g;
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

class Canon {
  constructor(base) {
    this.base = base;
    this.names = new Map();
  }

  text(value) {
    if (iso.test(value)) return '<time>';
    return value.replaceAll(this.base, '<base>').replace(ids, (id, prefix, user) => {
      if (!this.names.has(id)) {
        const kind = prefix || user || (id.includes('-') ? 'uuid' : 'hex32');
        this.names.set(id, `<${kind} ${this.names.size + 1}>`);
      }
      return this.names.get(id);
    });
  }

  // opaque: keys whose values only need the right type.
  of(value, opaque = [], key = '') {
    if (opaque.includes(key)) return `<${value === null ? 'null' : typeof value}>`;
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((v) => this.of(v, opaque));
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.of(v, opaque, k)]));
    }
    return value;
  }
}

module.exports = { Canon };
