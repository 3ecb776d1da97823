# unit tests of leg, conversation and ncco
check_PROGRAMS += tests/unit/call_flow tests/unit/leg_cause tests/unit/ncco_check
TESTS += tests/unit/call_flow tests/unit/leg_cause tests/unit/ncco_check
tests_unit_call_flow_SOURCES = tests/unit/call_flow.c
tests_unit_call_flow_LDADD = $(UNIT_LIBS)
tests_unit_leg_cause_SOURCES = tests/unit/leg_cause.c
tests_unit_leg_cause_LDADD = $(UNIT_LIBS)
tests_unit_ncco_check_SOURCES = tests/unit/ncco_check.c
tests_unit_ncco_check_LDADD = $(UNIT_LIBS)
