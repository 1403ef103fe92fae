# make race: guests against processes that swap everything under them. RACE_SECONDS: how long (10).
$(BUILD)/race: $(BUILD)/tests/race/race.o $(BUILD)/libwasi.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

race: $(BUILD)/race
	@$(BUILD)/race

.PHONY: race
-include $(BUILD)/tests/race/race.d
