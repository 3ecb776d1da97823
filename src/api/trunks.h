/* trunks.h: the trunks in REST and in /metrics. */
#ifndef OFFHOOK_API_TRUNKS_H
#define OFFHOOK_API_TRUNKS_H

#include "api/metrics.h"

#include <stdio.h>

void metrics_trunks(FILE *out, const struct api_conf *conf);

#endif
