/* jwt_acl.h: what the `acl` claim of a token lets through, in a form of our own: read
 * once, then read-only, so any thread may ask.
 *
 *   {"paths": {"/<*>/users/<**>": {}, "/<*>/calls/<*>": {"methods": ["GET"], "filters": …}}}
 *
 * (here <*> and <**> stand for the bare asterisks.) One asterisk is one segment, two are
 * any number of them, also none: "/<*>/users/<**>" lets "/v1/users" through. Without
 * `methods` all are let through; `filters` and other words are passed over. */
#ifndef OFFHOOK_HTTP_JWT_ACL_H
#define OFFHOOK_HTTP_JWT_ACL_H

#include <jansson.h>
#include <stdbool.h>

struct jwt_acl;

/* An acl of the wrong shape anywhere is read as one that lets nothing through. 0, ENOMEM. */
int jwt_acl_read(struct jwt_acl **acl, const json_t *claim);

/* NULL lets everything through. `method` in any case, `path` decoded and without query. */
bool jwt_acl_allows(const struct jwt_acl *acl, const char *method, const char *path);

#endif
