using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Tidegate.Pilot.Tests")]
[assembly: InternalsVisibleTo("Tidegate.Tests")]
