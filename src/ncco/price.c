/* price.c: what a call has cost, by the tariff of the configuration: of the longest prefix of
 * the far number. Exact: whole numbers of a hundred millionth, rounded half up once. */
#include "ncco/private.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE = 60 /* [s] */ };

static const int64_t ONE = 100000000;

static void write_money(char out[PRICE], int64_t amount)
{
    snprintf(out, PRICE, "%lld.%08lld", (long long)(amount / ONE), (long long)(amount % ONE));
}

/* rate * duration / 60, in two parts: neither grows beyond 64 bits within 17 years of a call. */
static int64_t price_of(int64_t rate, int64_t duration)
{
    return rate / MINUTE * duration + (rate % MINUTE * duration + MINUTE / 2) / MINUTE;
}

void facts_price(struct facts *facts, const struct conf *conf, const char *number)
{
    char digits[64];
    const struct conf_tariff *row;

    if (!number || !conf_digits(number, digits, sizeof digits))
        digits[0] = '\0'; /* withheld, or no number at all */
    row = conf_tariff_of(conf, digits, facts->direction);
    write_money(facts->rate, row ? row->rate : 0);
    write_money(facts->price, row ? price_of(row->rate, facts->duration) : 0);
    facts->network = row ? row->network : "";
}
