/* text.h: JSON as text. */
#ifndef OFFHOOK_JSON_TEXT_H
#define OFFHOOK_JSON_TEXT_H

#include <jansson.h>

/* As json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY), in a quarter of the time: free() it.
 * No circles. NULL: out of memory, or the value is NULL. Any thread that has the value. */
char *json_text(const json_t *value);

#endif
