# src/detect: a person or a machine; compiled with audio/ for speed.
libaudio_a_SOURCES += \
	%D%/detect.c %D%/detect.h \
	%D%/spectrum.c %D%/spectrum.h \
	%D%/speech.c %D%/speech.h \
	%D%/tones.c %D%/tones.h
