/* openapi.h: the errors' part of the document, for openapi*.c only. New references. */
#ifndef OFFHOOK_API_OPENAPI_H
#define OFFHOOK_API_OPENAPI_H

#include <jansson.h>

struct api_route;

json_t *openapi_error_schemas(void);   /* components.schemas: a body for each family */
json_t *openapi_error_responses(void); /* components.responses: each family's statuses */
/* References to them for each status a route may answer besides its success. */
void openapi_add_errors(json_t *responses, const struct api_route *route);

#endif
