/* metrics.c: how Prometheus wants a metric written. */
#include "api/metrics.h"

#include <inttypes.h>

void metrics_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP offhook_%s %s\n# TYPE offhook_%s %s\n", name, help, name, type);
}

static void metric(FILE *out, const char *name, const char *type, const char *help, double value)
{
    metrics_head(out, name, type, help);
    fprintf(out, "offhook_%s %.15g\n", name, value);
}

void metrics_gauge(FILE *out, const char *name, const char *help, double value)
{
    metric(out, name, "gauge", help, value);
}

void metrics_counter(FILE *out, const char *name, const char *help, double value)
{
    metric(out, name, "counter", help, value);
}

void metrics_histogram(FILE *out, const struct metrics_histogram *histogram)
{
    const char *name = histogram->name;
    uint64_t count = 0;

    metrics_head(out, name, "histogram", histogram->help);
    for (unsigned i = 0; i < histogram->classes; i++) {
        count += histogram->counts[i];
        if (i < histogram->classes - 1)
            fprintf(out, "offhook_%s_bucket{le=\"%.15g\"} %" PRIu64 "\n", name,
                    histogram->bounds[i], count);
        else
            fprintf(out, "offhook_%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
    }
    fprintf(out, "offhook_%s_sum %.15g\noffhook_%s_count %" PRIu64 "\n", name, histogram->sum, name,
            count);
}
