import java.util.List;
import timetable.Timetable;
import timetable.Timetable.Departure;

public final class TimetableTest {
    public static void main(String[] arguments) {
        Timetable timetable = new Timetable(List.of("# comment", "Museum,4,12 32", "Museum,7,00"));
        assert timetable.next("Museum", 30)
                .equals(List.of(new Departure("4", 2), new Departure("7", 30), new Departure("4", 42)));
        assert timetable.next("Nowhere", 0).isEmpty();
        try {
            new Timetable(List.of("Museum,4"));
            throw new AssertionError("accepted");
        } catch (IllegalArgumentException expected) {
            System.out.println("3 tests passed");
        }
    }
}
