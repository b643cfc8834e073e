package traitrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "demo", description = "Shows a recording that comes with traitrace: no root, no kernel support needed.")
final class DemoCommand implements Callable<Integer> {
    private final Context context;

    @Mixin
    private OutputOptions output = new OutputOptions();

    DemoCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        return new Show(context, output, Long.MAX_VALUE, null)
                .run(context.tracer().get().demo());
    }
}
