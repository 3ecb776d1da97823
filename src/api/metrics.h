/* metrics.h: rows of /metrics, in the text format of Prometheus. Control thread. */
#ifndef OFFHOOK_API_METRICS_H
#define OFFHOOK_API_METRICS_H

#include "api/private.h"

#include <stdio.h>

void metrics_gauge(FILE *out, const char *name, const char *help, double value);
void metrics_counter(FILE *out, const char *name, const char *help, double value);
/* HELP and TYPE alone, of rows with labels. */
void metrics_head(FILE *out, const char *name, const char *type, const char *help);

/* Counts of classes with these upper bounds; the last class has none. */
struct metrics_histogram {
    const char *name, *help;
    const double *bounds; /* classes - 1 */
    const uint64_t *counts;
    unsigned classes;
    double sum; /* of what was counted */
};
void metrics_histogram(FILE *out, const struct metrics_histogram *histogram);

/* registrations.c */
void metrics_registrar(FILE *out, const struct api_conf *conf);

/* metrics_media.c */
void metrics_media(FILE *out, const struct api_conf *conf);

#endif
