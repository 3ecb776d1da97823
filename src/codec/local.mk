# src/codec: speech codecs by one shape.
liboffhook_a_SOURCES += \
	%D%/codec.h \
	%D%/decoder.c \
	%D%/encoder.c \
	%D%/format.c
