# unit tests of net/, stream/ and worker/
media_unit_tests = \
	tests/unit/net_addr \
	tests/unit/net_limiter \
	tests/unit/net_ports \
	tests/unit/stream_sequence \
	tests/unit/stream_playout
check_PROGRAMS += $(media_unit_tests)
TESTS += $(media_unit_tests)

tests_unit_net_addr_SOURCES = tests/unit/net_addr.c
tests_unit_net_addr_LDADD = $(UNIT_LIBS)
tests_unit_net_limiter_SOURCES = tests/unit/net_limiter.c
tests_unit_net_limiter_LDADD = $(UNIT_LIBS)
tests_unit_net_ports_SOURCES = tests/unit/net_ports.c
tests_unit_net_ports_LDADD = $(UNIT_LIBS)
tests_unit_stream_sequence_SOURCES = tests/unit/stream_sequence.c
tests_unit_stream_sequence_LDADD = $(UNIT_LIBS)
tests_unit_stream_playout_SOURCES = tests/unit/stream_playout.c
tests_unit_stream_playout_LDADD = $(UNIT_LIBS)
