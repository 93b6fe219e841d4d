package timetable;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** Answers {@code /STOP?MINUTE} with the departures after that minute. */
public final class Main {
    private final Timetable timetable;

    private Main(Timetable timetable) {
        this.timetable = timetable;
    }

    public static void main(String[] arguments) throws IOException {
        Main main = new Main(new Timetable(Files.readAllLines(Path.of(arguments[0]))));
        HttpServer server = HttpServer.create(new InetSocketAddress(8090), 0);
        server.createContext("/", main::answer);
        server.start();
        System.out.println("listening on 8090");
    }

    private void answer(HttpExchange exchange) throws IOException {
        String minute = exchange.getRequestURI().getQuery();
        String body = minute == null ? "ok\n" : timetable
                .next(exchange.getRequestURI().getPath().substring(1), Integer.parseInt(minute)).stream()
                .map(departure -> departure.line() + " in " + departure.minutes() + " min\n")
                .collect(Collectors.joining());
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(bytes.length == 0 ? 404 : 200, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
