# src/conf
check_PROGRAMS += tests/unit/conf_read tests/unit/conf_route tests/unit/conf_tariff tests/unit/conf_test
TESTS += tests/unit/conf_read tests/unit/conf_route tests/unit/conf_tariff tests/unit/conf_test
tests_unit_conf_read_SOURCES = tests/unit/conf_read.c
tests_unit_conf_read_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLE='"$(abs_top_srcdir)/etc/offhook.conf"'
tests_unit_conf_read_LDADD = $(UNIT_LIBS)
tests_unit_conf_route_SOURCES = tests/unit/conf_route.c
tests_unit_conf_route_LDADD = $(UNIT_LIBS)
tests_unit_conf_tariff_SOURCES = tests/unit/conf_tariff.c
tests_unit_conf_tariff_LDADD = $(UNIT_LIBS)
tests_unit_conf_test_SOURCES = tests/unit/conf_test.c
tests_unit_conf_test_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/conf_fraud
TESTS += tests/unit/conf_fraud
tests_unit_conf_fraud_SOURCES = tests/unit/conf_fraud.c
tests_unit_conf_fraud_LDADD = $(UNIT_LIBS)
