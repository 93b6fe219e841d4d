module timetable {
    requires jdk.httpserver;
}
