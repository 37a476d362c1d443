using Temper.Bench;

return CommandLine.Run(args);
