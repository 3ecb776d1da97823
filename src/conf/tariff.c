/* tariff.c: what a minute costs: rates as they are written, and whose row a number falls
 * under. Money is whole numbers of a hundred millionth: no rate is rounded on its way. */
#include "conf/row.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DECIMALS = 8, WHOLE = 4 /* digits before the point */ };

/* "12.5" as 1250000000. False: it is none, or has more digits than we keep. */
static bool parse_rate(const char *text, int64_t *rate)
{
    size_t whole = strspn(text, "0123456789"), decimals;
    const char *point = text + whole;

    decimals = *point == '.' ? strspn(point + 1, "0123456789") : 0;
    if (whole < 1 || whole > WHOLE || decimals > DECIMALS)
        return false;
    if (*point == '.' ? decimals < 1 || point[1 + decimals] : *point)
        return false;
    *rate = 0;
    for (size_t i = 0; i < whole; i++)
        *rate = *rate * 10 + (text[i] - '0');
    for (size_t i = 0; i < DECIMALS; i++)
        *rate = *rate * 10 + (i < decimals ? point[1 + i] - '0' : 0);
    return true;
}

static void read_rate(struct reader *reader, const struct row *row, const config_setting_t *setting,
                      void *field)
{
    const char *text = config_setting_get_string(setting);

    if (!text || !parse_rate(text, field))
        reader_tell(reader, setting,
                    "%s must be a decimal in quotes such as \"0.0045\": up to %d digits before the "
                    "point and %d behind it",
                    row->path, WHOLE, DECIMALS);
}

static void read_prefix(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field)
{
    const char *text = config_setting_get_string(setting);
    char digits[32];

    if (text && !*text)
        *(const char **)field = "";
    else if (text && conf_digits(text, digits, sizeof digits))
        *(const char **)field = reader_keep_text(reader, digits, strlen(digits));
    else
        reader_tell(reader, setting, "%s must be digits in quotes", row->path);
}

static void read_direction(struct reader *reader, const struct row *row,
                           const config_setting_t *setting, void *field)
{
    static const char *const words[] = {"", "inbound", "outbound"};
    const char *text = config_setting_get_string(setting);

    for (size_t i = 0; text && i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *(const char **)field = words[i];
            return;
        }
    }
    reader_tell(reader, setting, "%s must be inbound, outbound or empty", row->path);
}

const struct row_type type_rate = {"decimal", read_rate};
const struct row_type type_prefix = {"digits", read_prefix};
const struct row_type type_direction = {"word", read_direction};

/* How well a row fits: 0 not at all; a longer prefix is better, then one for the direction. */
static size_t fit(const struct conf_tariff *row, const char *digits, const char *direction)
{
    size_t length = strlen(row->prefix);

    if (strncmp(row->prefix, digits, length) != 0)
        return 0;
    if (!*row->direction)
        return 2 * length + 1;
    return strcmp(row->direction, direction) == 0 ? 2 * length + 2 : 0;
}

const struct conf_tariff *conf_tariff_of(const struct conf *conf, const char *digits,
                                         const char *direction)
{
    const struct conf_tariff *found = NULL;
    size_t best = 0;

    for (size_t i = 0; i < conf->tariff_count; i++) {
        size_t how = fit(&conf->tariff[i], digits, direction);

        if (how > best) {
            best = how;
            found = &conf->tariff[i];
        }
    }
    return found;
}
