/* routes_pending.c: tables of resources that have none yet. */
#include "api/private.h"

const struct api_route routes_users[] = {{.method = NULL}};
const struct api_route routes_members[] = {{.method = NULL}};
const struct api_route routes_knocking[] = {{.method = NULL}};
