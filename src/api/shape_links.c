/* shape_links.c: the links of replies. */
#include "api/private.h"

const struct shape shape_href_link[] = {
    {"href", SHAPE_STRING, SHAPE_REQUIRED, .format = FORMAT_URI, .help = "Absolute."},
    {0},
};
const struct shape shape_self_links[] = {
    {"self", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_href_link, .help = "Where it is."},
    {0},
};
const struct shape shape_page_links[] = {
    {"first", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_href_link, .help = "The first page."},
    {"self", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_href_link, .help = "This page."},
    {"last", SHAPE_OBJECT, .members = shape_href_link, .help = "Of pages by number."},
    {"next", SHAPE_OBJECT, .members = shape_href_link, .help = "Absent on the last page."},
    {"prev", SHAPE_OBJECT, .members = shape_href_link, .help = "Absent on the first page."},
    {0},
};
const struct shape shape_numbered_links[] = {
    {"self", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_href_link, .help = "This page."},
    {"first", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_href_link, .help = "The first page."},
    {"last", SHAPE_OBJECT, SHAPE_REQUIRED, .members = shape_href_link, .help = "The last page."},
    {"next", SHAPE_OBJECT, .members = shape_href_link, .help = "Absent on the last page."},
    {"prev", SHAPE_OBJECT, .members = shape_href_link, .help = "Absent on the first page."},
    {0},
};
