package timetable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Departures of lines at stops, in minutes after each full hour. */
public final class Timetable {
    public record Departure(String line, int minutes) {}

    private record Entry(String stop, String line, List<Integer> minutes) {}

    private final List<Entry> entries = new ArrayList<>();

    /** Reads lines of {@code stop,line,minutes}; those that begin with # are comments. */
    public Timetable(List<String> lines) {
        for (String line : lines) {
            if (line.isBlank() || line.startsWith("#")) continue;
            String[] fields = line.split(",", -1);
            if (fields.length != 3) throw new IllegalArgumentException("three fields are needed: " + line);
            List<Integer> minutes = new ArrayList<>();
            for (String text : fields[2].trim().split(" +")) minutes.add(Integer.parseInt(text));
            entries.add(new Entry(fields[0], fields[1], minutes));
        }
    }

    /** All departures at a stop in the next hour, the next one first, with the minutes to wait. */
    public List<Departure> next(String stop, int minute) {
        return entries.stream()
                .filter(entry -> entry.stop().equals(stop))
                .flatMap(entry -> entry.minutes().stream()
                        .map(at -> new Departure(entry.line(), Math.floorMod(at - minute, 60))))
                .sorted(Comparator.comparing(Departure::minutes).thenComparing(Departure::line))
                .toList();
    }
}
