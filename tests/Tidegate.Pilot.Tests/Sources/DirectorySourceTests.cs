using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;

namespace Tidegate.Pilot.Tests.Sources;

/// <summary>A real directory on a real file system; every wait is for the change itself.</summary>
public sealed class DirectorySourceTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidegate-test-");
    private readonly LogLines<ObjectStore> _errors = new();
    private readonly LogLines<DirectorySource> _warnings = new();
    private readonly ObjectStore _store;
    private readonly DirectorySource _source;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DirectorySourceTests()
    {
        _store = new ObjectStore(_errors, TimeProvider.System);
        _source = new DirectorySource(_folder.FullName, "default", _store, _warnings, new BackgroundWork(NullLogger.Instance, TimeProvider.System));
        _store.Changed += _ => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        if (Directory.Exists(_folder.FullName))
        {
            _folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Nested_folders_lists_and_json_are_read_and_hidden_files_are_not()
    {
        Write("a.yaml", Namespace("one"));
        Write("deep/er/b.yml", $"{Namespace("two")}---\n{Namespace("three")}");
        Write("c.json", """{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "four"}}]}""");
        Write(".hidden/d.yaml", Namespace("hidden"));
        Write(".e.yaml", Namespace("hidden2"));
        Write("f.yaml~", Namespace("backup"));
        Write("notes.txt", Namespace("text"));

        _source.Start();

        Assert.Equal(["four", "one", "three", "two"], Names());
    }

    [Fact]
    public async Task A_change_a_new_folder_and_a_removed_file_are_followed()
    {
        Write("a.yaml", Namespace("one"));
        _source.Start();
        Write("a.yaml", Namespace("other"));
        await BecomesAsync("other");

        Write("new/folder/b.yaml", Namespace("two"));
        await BecomesAsync("other", "two");

        File.Move(PathOf("new/folder/b.yaml"), PathOf("new/folder/c.yaml"));
        Write("d.yaml", Namespace("three"));
        await BecomesAsync("other", "three", "two");

        File.Delete(PathOf("a.yaml"));
        await BecomesAsync("three", "two");

        Directory.Delete(PathOf("new"), recursive: true);
        await BecomesAsync("three");
    }

    [Fact]
    public async Task What_is_no_manifest_costs_itself_and_everything_else_is_read()
    {
        using Process made = Process.Start("mkfifo", PathOf("fifo.yaml"));
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(PathOf("zero.yaml"), "/dev/zero");
        File.CreateSymbolicLink(PathOf("circle.yaml"), "circle.yaml");
        File.CreateSymbolicLink(PathOf("nowhere.yaml"), "not-there");
        Directory.CreateDirectory(PathOf("folder.yaml"));
        Write("a.yaml", Namespace("one"));

        _source.Start();
        Assert.Equal(["one"], Names());

        Write("b.yaml", Namespace("two"));
        await BecomesAsync("one", "two");
        File.Delete(PathOf("fifo.yaml"));
        Write("fifo.yaml", Namespace("three"));
        await BecomesAsync("one", "three", "two");
        Assert.Equal(
            ["circle.yaml", "fifo.yaml", "nowhere.yaml", "zero.yaml"],
            _errors.Lines.Where(line => line.Contains("cannot be read", StringComparison.Ordinal)).Select(line => Path.GetFileName(line.Split(':')[0])).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Links_to_directories_are_followed_into_hidden_ones_inside_and_nowhere_else()
    {
        // As Kubernetes mounts a volume with folders in it.
        Write(".2026/sub/a.yaml", Namespace("one"));
        Directory.CreateSymbolicLink(PathOf("..data"), ".2026");
        Directory.CreateSymbolicLink(PathOf("sub"), "..data/sub");

        // And what is not to be followed.
        Write("real/b.yaml", Namespace("two"));
        Directory.CreateSymbolicLink(PathOf("other-name"), "real");
        Directory.CreateSymbolicLink(PathOf("real/up"), "..");
        Directory.CreateSymbolicLink(PathOf("real/self"), ".");
        Directory.CreateSymbolicLink(PathOf("again"), "..data/sub");
        DirectoryInfo outside = Directory.CreateTempSubdirectory("tidegate-test-");
        File.WriteAllText(Path.Combine(outside.FullName, "c.yaml"), Namespace("outside"));
        Directory.CreateSymbolicLink(PathOf("away"), outside.FullName);

        _source.Start();

        outside.Delete(recursive: true);
        Assert.Equal(["one", "two"], Names());
        Assert.Equal(["away", "self", "up"], _warnings.Lines.Select(line => Path.GetFileName(line.Split(' ')[0])).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_read_keeps_its_objects()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root reads everything");
        Write("closed/a.yaml", Namespace("one"));
        _source.Start();
        File.SetUnixFileMode(PathOf("closed"), UnixFileMode.None);
        try
        {
            Write("b.yaml", Namespace("two"));
            await BecomesAsync("one", "two");
        }
        finally
        {
            File.SetUnixFileMode(PathOf("closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task A_file_replaced_by_renaming_is_followed_as_kubernetes_and_editors_do_it()
    {
        Write(".data1/a.yaml", Namespace("one"));
        Write(".data2/a.yaml", Namespace("two"));
        Directory.CreateSymbolicLink(PathOf(".data"), PathOf(".data1"));
        File.CreateSymbolicLink(PathOf("a.yaml"), Path.Combine(".data", "a.yaml"));
        _source.Start();
        Assert.Equal(["one"], Names());

        Directory.CreateSymbolicLink(PathOf(".data_tmp"), PathOf(".data2"));
        Directory.Delete(PathOf(".data"));
        Directory.Move(PathOf(".data_tmp"), PathOf(".data"));

        await BecomesAsync("two");
    }

    [Fact]
    public async Task A_folder_and_files_that_move_in_and_out_are_followed()
    {
        DirectoryInfo elsewhere = Directory.CreateTempSubdirectory("tidegate-test-");
        try
        {
            Write("a.yaml", Namespace("one"));
            Directory.CreateDirectory(Path.Combine(elsewhere.FullName, "in"));
            File.WriteAllText(Path.Combine(elsewhere.FullName, "in", "b.yaml"), Namespace("two"));
            _source.Start();

            Directory.Move(Path.Combine(elsewhere.FullName, "in"), PathOf("in"));
            await BecomesAsync("one", "two");

            File.Move(PathOf("a.yaml"), PathOf("a.yaml~"));
            await BecomesAsync("two");

            File.Move(PathOf("a.yaml~"), PathOf("a.yaml"));
            Directory.Move(PathOf("in"), Path.Combine(elsewhere.FullName, "out"));
            await BecomesAsync("one");
        }
        finally
        {
            elsewhere.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task An_emptied_file_keeps_its_objects_until_it_says_something_or_goes()
    {
        Write("a.yaml", Namespace("one"));
        _source.Start();
        Write("a.yaml", "");
        Write("b.yaml", Namespace("two"));
        await BecomesAsync("one", "two");

        Write("a.yaml", "# nothing any more\n");
        await BecomesAsync("two");
    }

    [Fact]
    public void A_folder_that_links_to_itself_ends()
    {
        Write("a.yaml", Namespace("one"));
        Directory.CreateSymbolicLink(PathOf("again"), _folder.FullName);

        _source.Start();

        Assert.Equal(["one"], Names());
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
    }

    private string[] Names() => [.. _store.Current.Everything().OfType<Namespace>().Select(found => found.Name).Order(StringComparer.Ordinal)];

    private async Task BecomesAsync(params string[] names)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (true)
        {
            Task changed = Volatile.Read(ref _changed).Task;
            if (Names().SequenceEqual(names))
            {
                return;
            }

            try
            {
                await changed.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(names, Names());
            }
        }
    }

    private static string Namespace(string name) => $"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n";

    private sealed class LogLines<T> : ILogger<T>
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add(formatter(state, exception));
            }
        }
    }
}
