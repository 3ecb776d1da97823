/* routes_pending.c: tables of resources that have none yet. */
#include "api/private.h"

const struct api_route routes_legs[] = {{.method = NULL}};
const struct api_route routes_media[] = {{.method = NULL}};
