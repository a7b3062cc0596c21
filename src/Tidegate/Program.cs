using Tidegate.Commands;

return await TidegateCommand.RunAsync(args, CommandConsole.OfProcess()).ConfigureAwait(false);
