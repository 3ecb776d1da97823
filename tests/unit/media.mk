# unit tests of net/, srtp/, stream/, record/, worker/ and ws/
media_unit_tests = \
	tests/unit/net_addr \
	tests/unit/net_limiter \
	tests/unit/net_ports \
	tests/unit/srtp_keys \
	tests/unit/srtp_packets \
	tests/unit/stream_secret \
	tests/unit/stream_sequence \
	tests/unit/stream_playout \
	tests/unit/stream_latch \
	tests/unit/stream_packets \
	tests/unit/stream_keys \
	tests/unit/stream_digits \
	tests/unit/stream_relay \
	tests/unit/stream_report \
	tests/unit/stream_reports \
	tests/unit/stream_quality \
	tests/unit/stream_problem \
	tests/unit/stream_put \
	tests/unit/stream_put_codecs \
	tests/unit/stream_source \
	tests/unit/stream_types \
	tests/unit/record_cutter \
	tests/unit/record_file \
	tests/unit/worker_beat \
	tests/unit/worker_detect \
	tests/unit/worker_keys \
	tests/unit/worker_link \
	tests/unit/worker_port \
	tests/unit/worker_rate \
	tests/unit/worker_record \
	tests/unit/worker_room \
	tests/unit/worker_straight \
	tests/unit/worker_thread \
	tests/unit/worker_time \
	tests/unit/worker_stats \
	tests/unit/worker_share \
	tests/unit/ws_frame \
	tests/unit/ws_line \
	tests/unit/ws_wire
check_PROGRAMS += $(media_unit_tests)
TESTS += $(media_unit_tests)
EXTRA_DIST += tests/unit/record_kit.h tests/unit/stream_rig.h tests/unit/stream_rtcp.h tests/unit/worker_rig.h

tests_unit_net_addr_SOURCES = tests/unit/net_addr.c
tests_unit_net_addr_LDADD = $(UNIT_LIBS)
tests_unit_net_limiter_SOURCES = tests/unit/net_limiter.c
tests_unit_net_limiter_LDADD = $(UNIT_LIBS)
tests_unit_net_ports_SOURCES = tests/unit/net_ports.c
tests_unit_net_ports_LDADD = $(UNIT_LIBS)
tests_unit_srtp_keys_SOURCES = tests/unit/srtp_keys.c
tests_unit_srtp_keys_LDADD = $(UNIT_LIBS)
tests_unit_srtp_packets_SOURCES = tests/unit/srtp_packets.c
tests_unit_srtp_packets_LDADD = $(UNIT_LIBS)
tests_unit_stream_secret_SOURCES = tests/unit/stream_secret.c
tests_unit_stream_secret_LDADD = $(UNIT_LIBS)
tests_unit_stream_sequence_SOURCES = tests/unit/stream_sequence.c
tests_unit_stream_sequence_LDADD = $(UNIT_LIBS)
tests_unit_stream_playout_SOURCES = tests/unit/stream_playout.c
tests_unit_stream_playout_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/stream_clock
TESTS += tests/unit/stream_clock
tests_unit_stream_clock_SOURCES = tests/unit/stream_clock.c
tests_unit_stream_clock_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/stream_hear
TESTS += tests/unit/stream_hear
tests_unit_stream_hear_SOURCES = tests/unit/stream_hear.c
tests_unit_stream_hear_LDADD = $(UNIT_LIBS)
tests_unit_stream_latch_SOURCES = tests/unit/stream_latch.c
tests_unit_stream_latch_LDADD = $(UNIT_LIBS)
tests_unit_stream_packets_SOURCES = tests/unit/stream_packets.c
tests_unit_stream_packets_LDADD = $(UNIT_LIBS)
tests_unit_stream_keys_SOURCES = tests/unit/stream_keys.c
tests_unit_stream_keys_LDADD = $(UNIT_LIBS)
tests_unit_stream_digits_SOURCES = tests/unit/stream_digits.c
tests_unit_stream_digits_LDADD = $(UNIT_LIBS)
tests_unit_stream_source_SOURCES = tests/unit/stream_source.c
tests_unit_stream_source_LDADD = $(UNIT_LIBS)
tests_unit_stream_put_codecs_SOURCES = tests/unit/stream_put_codecs.c
tests_unit_stream_put_codecs_LDADD = $(UNIT_LIBS)
tests_unit_stream_put_SOURCES = tests/unit/stream_put.c
tests_unit_stream_put_LDADD = $(UNIT_LIBS)
tests_unit_stream_report_SOURCES = tests/unit/stream_report.c
tests_unit_stream_report_LDADD = $(UNIT_LIBS)
tests_unit_stream_reports_SOURCES = tests/unit/stream_reports.c
tests_unit_stream_reports_LDADD = $(UNIT_LIBS)
tests_unit_stream_relay_SOURCES = tests/unit/stream_relay.c
tests_unit_stream_relay_LDADD = $(UNIT_LIBS)
tests_unit_stream_quality_SOURCES = tests/unit/stream_quality.c
tests_unit_stream_quality_LDADD = $(UNIT_LIBS)
tests_unit_stream_problem_SOURCES = tests/unit/stream_problem.c
tests_unit_stream_problem_LDADD = $(UNIT_LIBS)
tests_unit_stream_types_SOURCES = tests/unit/stream_types.c
tests_unit_stream_types_LDADD = $(UNIT_LIBS)
tests_unit_record_cutter_SOURCES = tests/unit/record_cutter.c
tests_unit_record_cutter_LDADD = $(UNIT_LIBS)
tests_unit_record_file_SOURCES = tests/unit/record_file.c
tests_unit_record_file_LDADD = $(UNIT_LIBS)
tests_unit_worker_beat_SOURCES = tests/unit/worker_beat.c
tests_unit_worker_beat_LDADD = $(UNIT_LIBS)
tests_unit_worker_detect_SOURCES = tests/unit/worker_detect.c
tests_unit_worker_detect_LDADD = $(UNIT_LIBS)
tests_unit_worker_keys_SOURCES = tests/unit/worker_keys.c
tests_unit_worker_keys_LDADD = $(UNIT_LIBS)
tests_unit_worker_link_SOURCES = tests/unit/worker_link.c
tests_unit_worker_link_LDADD = $(UNIT_LIBS)
tests_unit_worker_port_SOURCES = tests/unit/worker_port.c
tests_unit_worker_port_LDADD = $(UNIT_LIBS)
tests_unit_worker_rate_SOURCES = tests/unit/worker_rate.c
tests_unit_worker_rate_LDADD = $(UNIT_LIBS)
tests_unit_worker_record_SOURCES = tests/unit/worker_record.c
tests_unit_worker_record_LDADD = $(UNIT_LIBS)
tests_unit_worker_stats_SOURCES = tests/unit/worker_stats.c
tests_unit_worker_stats_LDADD = $(UNIT_LIBS)
tests_unit_worker_room_SOURCES = tests/unit/worker_room.c
tests_unit_worker_room_LDADD = $(UNIT_LIBS)
tests_unit_worker_straight_SOURCES = tests/unit/worker_straight.c
tests_unit_worker_straight_LDADD = $(UNIT_LIBS)
tests_unit_worker_time_SOURCES = tests/unit/worker_time.c
tests_unit_worker_time_LDADD = $(UNIT_LIBS)
tests_unit_worker_thread_SOURCES = tests/unit/worker_thread.c
tests_unit_worker_thread_LDADD = $(UNIT_LIBS)
tests_unit_worker_share_SOURCES = tests/unit/worker_share.c
tests_unit_worker_share_LDADD = $(UNIT_LIBS)

# the media plane alone under load, for `legload --rtp-peers`
check_PROGRAMS += tests/kit/media_bench
tests_kit_media_bench_SOURCES = tests/kit/media_bench.c
tests_kit_media_bench_LDADD = $(OFFHOOK_LIBS)
tests_unit_ws_frame_SOURCES = tests/unit/ws_frame.c
tests_unit_ws_frame_LDADD = $(UNIT_LIBS)
tests_unit_ws_wire_SOURCES = tests/unit/ws_wire.c
tests_unit_ws_wire_LDADD = $(UNIT_LIBS)
tests_unit_ws_line_SOURCES = tests/unit/ws_line.c
tests_unit_ws_line_LDADD = $(UNIT_LIBS)
